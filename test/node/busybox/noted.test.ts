import { notesFiles } from "../noted";
import { hasBusybox } from "../scratch";

if (hasBusybox) notesFiles("busybox sh");
