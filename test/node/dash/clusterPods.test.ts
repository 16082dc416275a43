import { restartsPods } from "../clusterPods";

restartsPods("dash");
