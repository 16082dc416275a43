import { meetsTrouble } from "../failures";
import { hasBusybox } from "../scratch";

if (hasBusybox) meetsTrouble("busybox sh");
