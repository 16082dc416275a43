import { restartsPods } from "../clusterPods";
import { hasBusybox } from "../scratch";

if (hasBusybox) restartsPods("busybox sh");
