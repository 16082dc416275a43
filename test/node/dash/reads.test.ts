import { readsWhatIsWritten } from "../reads";

readsWhatIsWritten("dash");
