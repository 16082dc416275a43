import { survivesStorms } from "../storm/suite";

survivesStorms("dash", 25);
