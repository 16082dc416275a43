import { keepsSigner } from "../seeds";
import { hasBusybox } from "../scratch";

if (hasBusybox) keepsSigner("busybox sh");
