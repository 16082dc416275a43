import { asksForItsCertificate } from "../issue";
import { hasBusybox } from "../scratch";

if (hasBusybox) asksForItsCertificate("busybox sh");
