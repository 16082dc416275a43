import { clearsUp } from "../leftovers";
import { hasBusybox } from "../scratch";

if (hasBusybox) clearsUp("busybox sh");
