import { keepsTrustInDirection } from "../direction";
import { hasBusybox } from "../scratch";

if (hasBusybox) keepsTrustInDirection("busybox sh");
