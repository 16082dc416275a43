import { judgesFolders } from "../folders";
import { hasBusybox } from "../scratch";

if (hasBusybox) judgesFolders("busybox sh");
