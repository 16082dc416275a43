import { asksForCertificates } from "../request";
import { hasBusybox } from "../scratch";

if (hasBusybox) asksForCertificates("busybox sh");
