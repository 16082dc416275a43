import { setsPodFlags } from "../podFlags";
import { hasBusybox } from "../scratch";

if (hasBusybox) setsPodFlags("busybox sh");
