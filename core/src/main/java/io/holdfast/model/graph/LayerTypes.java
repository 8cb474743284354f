package io.holdfast.model.graph;

import io.holdfast.model.graph.layer.*;
