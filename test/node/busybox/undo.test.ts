import { undoes } from "../undo";
import { hasBusybox } from "../scratch";

if (hasBusybox) undoes("busybox sh");
