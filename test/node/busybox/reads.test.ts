import { readsWhatIsWritten } from "../reads";
import { hasBusybox } from "../scratch";

if (hasBusybox) readsWhatIsWritten("busybox sh");
