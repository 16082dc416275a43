import { restores } from "../restore";
import { hasBusybox } from "../scratch";

if (hasBusybox) restores("busybox sh");
