"""Labels: what people and programs say of the steps of a solution; free of torch, for pages, worker and training."""
