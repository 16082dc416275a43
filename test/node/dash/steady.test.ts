import { looksAgain } from "../steady";

looksAgain("dash");
