"""Knowledge: texts become passages, and passages that were found become sources and quotes of an answer."""
