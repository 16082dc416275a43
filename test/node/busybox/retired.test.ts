import { retiresKeys } from "../retired";
import { hasBusybox } from "../scratch";

if (hasBusybox) retiresKeys("busybox sh");
