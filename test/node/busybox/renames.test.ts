import { onlyRenames } from "../renames";
import { hasBusybox } from "../scratch";

if (hasBusybox) onlyRenames("busybox sh");
