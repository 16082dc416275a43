import { asksBefore } from "../before";
import { hasBusybox } from "../scratch";

if (hasBusybox) asksBefore("busybox sh");
