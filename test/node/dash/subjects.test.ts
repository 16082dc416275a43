import { tellsSubjects } from "../subjects";

tellsSubjects("dash");
