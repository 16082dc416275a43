import { checksNodes } from "../check";
import { hasBusybox } from "../scratch";

if (hasBusybox) checksNodes("busybox sh");
