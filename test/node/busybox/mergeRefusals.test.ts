import { refusesTrust } from "../mergeRefusals";
import { hasBusybox } from "../scratch";

if (hasBusybox) refusesTrust("busybox sh");
