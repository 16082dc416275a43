import { looksAgain } from "../steady";
import { hasBusybox } from "../scratch";

if (hasBusybox) looksAgain("busybox sh");
