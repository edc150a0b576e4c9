"""Extensions: tools, node types and providers of others, from files and packages, with their examples."""
