import { applies } from "../apply";
import { hasBusybox } from "../scratch";

if (hasBusybox) applies("busybox sh");
