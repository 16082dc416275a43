import { hasBusybox } from "../scratch";
import { survivesStorms } from "../storm/suite";

if (hasBusybox) survivesStorms("busybox sh", 13);
