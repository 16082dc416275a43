import { setsFlags } from "../flags";
import { hasBusybox } from "../scratch";

if (hasBusybox) setsFlags("busybox sh");
