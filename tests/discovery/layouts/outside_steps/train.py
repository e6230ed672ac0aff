import joblib
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

df = pd.read_csv("data/reviews.csv")
vectorizer = CountVectorizer()
X = vectorizer.fit_transform(df["text"])
model = MultinomialNB().fit(X, df["sentiment"])
joblib.dump(model, "model.pkl")
joblib.dump(vectorizer, "vectorizer.pkl")
