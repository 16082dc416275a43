import { takesInNewNodes } from "../newNode";
import { hasBusybox } from "../scratch";

if (hasBusybox) takesInNewNodes("busybox sh");
