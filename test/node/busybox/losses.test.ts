import { losesNothing } from "../losses";
import { hasBusybox } from "../scratch";

if (hasBusybox) losesNothing("busybox sh");
