import { renewsTokens } from "../renewTokens";
import { hasBusybox } from "../scratch";

if (hasBusybox) renewsTokens("busybox sh");
