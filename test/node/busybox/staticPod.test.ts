import { handlesStaticPods } from "../staticPod";
import { hasBusybox } from "../scratch";

if (hasBusybox) handlesStaticPods("busybox sh");
