import { asksForObjects } from "../objects";
import { hasBusybox } from "../scratch";

if (hasBusybox) asksForObjects("busybox sh");
