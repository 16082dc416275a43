import { knowsKubeletFolders } from "../kubeletFolders";
import { hasBusybox } from "../scratch";

if (hasBusybox) knowsKubeletFolders("busybox sh");
