import { findsReaders } from "../readers";

findsReaders("dash");
