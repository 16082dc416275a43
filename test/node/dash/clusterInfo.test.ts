import { tellsWhoJoins } from "../clusterInfo";

tellsWhoJoins("dash");
