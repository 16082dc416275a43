import { keepsCopies } from "../clusterCopies";
import { hasBusybox } from "../scratch";

if (hasBusybox) keepsCopies("busybox sh");
