import { refusesKubeconfigs } from "../kubeconfigRefusals";
import { hasBusybox } from "../scratch";

if (hasBusybox) refusesKubeconfigs("busybox sh");
