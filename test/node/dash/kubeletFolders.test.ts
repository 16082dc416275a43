import { knowsKubeletFolders } from "../kubeletFolders";

knowsKubeletFolders("dash");
