import { renewsServing } from "../renewServing";
import { hasBusybox } from "../scratch";

if (hasBusybox) renewsServing("busybox sh");
