import { backsUp } from "../backups";
import { hasBusybox } from "../scratch";

if (hasBusybox) backsUp("busybox sh");
