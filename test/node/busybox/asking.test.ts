import { asks } from "../asking";
import { hasBusybox } from "../scratch";

if (hasBusybox) asks("busybox sh");
