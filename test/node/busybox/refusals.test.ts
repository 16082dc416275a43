import { refuses } from "../refusals";
import { hasBusybox } from "../scratch";

if (hasBusybox) refuses("busybox sh");
