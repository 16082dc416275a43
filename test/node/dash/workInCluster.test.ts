import { worksInCluster } from "../workInCluster";

worksInCluster("dash");
