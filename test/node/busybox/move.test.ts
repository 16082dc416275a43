import { movesServices } from "../move";
import { hasBusybox } from "../scratch";

if (hasBusybox) movesServices("busybox sh");
