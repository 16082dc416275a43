import { tellsSubjects } from "../subjects";
import { hasBusybox } from "../scratch";

if (hasBusybox) tellsSubjects("busybox sh");
