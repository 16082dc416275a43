import { findsReaders } from "../readers";
import { hasBusybox } from "../scratch";

if (hasBusybox) findsReaders("busybox sh");
