import { hasBusybox } from "../scratch";
import { changesTrust } from "../trust";

if (hasBusybox) changesTrust("busybox sh");
