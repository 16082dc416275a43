import { hasBusybox } from "../scratch";
import { rollsWorkers } from "../workers";

if (hasBusybox) rollsWorkers("busybox sh");
