import { hasBusybox } from "../scratch";
import { worksInCluster } from "../workInCluster";

if (hasBusybox) worksInCluster("busybox sh");
