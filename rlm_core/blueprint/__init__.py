"""The Blueprint of reasoning language models: what they are made of, which published systems there are, and what is often said wrong.

*Reasoning Language Models: A Blueprint* (Besta et al., arXiv 2501.11223). All facts are files of `assets/blueprint/`, so that they can be
added to without code; each module reads one kind of file and says what its fields mean.
"""
