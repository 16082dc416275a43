import { tellsWhoJoins } from "../clusterInfo";
import { hasBusybox } from "../scratch";

if (hasBusybox) tellsWhoJoins("busybox sh");
